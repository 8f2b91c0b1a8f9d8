"""What happens now: the event stream, what feeds it, the films."""
