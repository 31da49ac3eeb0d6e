"""A workspace as a whole: made, examined, verified, saved, brought up with the machine, taken away."""
