"""What the course adds to a notebook: magics, exercise cells, pictures."""
