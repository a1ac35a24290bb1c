"""How good a model is: measures, and a model of counts to measure against."""
