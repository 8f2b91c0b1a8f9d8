"""Looking at small grey frames: motion and light. For node and CLI."""
