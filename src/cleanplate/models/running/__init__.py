"""How any transformer is run: in 8 bits, compiled, block by block from the computer's memory."""
