"""What an export is, and checking one."""
