"""`lookout demo`: a whole system of private servers, services and nodes, gone without a trace."""
