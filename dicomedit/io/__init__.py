"""Files and the network: the only room that opens either."""
