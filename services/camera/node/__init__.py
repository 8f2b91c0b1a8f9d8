"""What the node says about itself, and what it obeys."""
