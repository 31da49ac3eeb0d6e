"""What stands where, now or at a past time; starts nothing."""
