"""Where the halves meet: factorisations in the latent space of generators."""
