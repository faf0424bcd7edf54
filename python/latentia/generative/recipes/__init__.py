"""How each model is trained: networks, optimisers, loss and score of a step."""
