"""The course itself: curriculum, skeletons, notebooks, grader, command line."""
