"""From a learner's component to a verdict: checks, isolation, diagnosis, report."""
