"""What a model package says about cases: probabilities, classes not excluded, contributions, warnings."""
