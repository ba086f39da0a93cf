"""report.html from a shot package."""
