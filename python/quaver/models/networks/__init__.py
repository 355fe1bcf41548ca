"""What the Keras networks of `quaver.models` share: how they are trained and stored."""
