"""Training what finds the subject that vera-nano keeps."""
