"""`lookout doctor`: is the hub set up as it should be, and what is wrong with it now."""
