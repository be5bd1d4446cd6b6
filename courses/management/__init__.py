"""What operators and newcomers run: commands, and the demonstration."""
