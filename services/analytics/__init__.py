"""How many people there are in the images, by any model, on any number of workers."""
