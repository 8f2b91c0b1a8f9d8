"""What is in a picture: models behind one Protocol. Only network.py and hog.py use OpenCV."""
