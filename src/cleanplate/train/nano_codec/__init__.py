"""Training the autoencoder of vera-nano, on pictures of the clips that vera-nano learns from."""
