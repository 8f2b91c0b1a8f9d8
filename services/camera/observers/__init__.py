"""What looks at each picture that was kept, beside sending it."""
