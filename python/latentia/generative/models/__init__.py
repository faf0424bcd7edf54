"""Image models: adversarial networks and autoencoders."""
