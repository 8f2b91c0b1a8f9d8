"""What is kept and for how long: rules, the plans they make, and carrying them out."""
