"""The learner's modules: skeletons, and how they are completed from the reference."""
