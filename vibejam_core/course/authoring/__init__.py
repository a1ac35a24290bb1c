"""From one source per lab to notebooks and pages."""
