"""From the device to the spool: the camera under one lock, and what is made of its JPEG."""
