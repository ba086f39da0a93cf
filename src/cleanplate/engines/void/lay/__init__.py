"""What VOID drew, laid onto the plate: at its size, rate and colours, with the plate's own detail where it has it."""
