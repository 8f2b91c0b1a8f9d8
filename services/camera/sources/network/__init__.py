"""What network cameras have in common: HTTP as they speak it, MJPEG, and TLS for all of them."""
