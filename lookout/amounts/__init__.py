"""Amounts as people write them, and back: `7d`, `500MB`, `2h`, `100..120`. Pure."""
