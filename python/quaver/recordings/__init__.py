"""The rooms behind `quaver.audio`: what files hold, how they are opened, what folders hold."""
