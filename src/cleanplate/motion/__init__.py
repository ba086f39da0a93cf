"""Optical flow, camera motion, point tracks, warping."""
