"""What every act does around its deed: reads the policy, tells programs outside, wakes the worker and waits for it."""
