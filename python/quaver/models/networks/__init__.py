"""What the networks of `quaver.models` share: how they are trained, stored and checked."""
