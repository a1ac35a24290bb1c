"""The reference implementation that the course's labs are graded against and run on."""
