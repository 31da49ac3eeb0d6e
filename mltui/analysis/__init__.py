"""Numbers over evaluation tables: metrics, breakdowns, intervals, paired comparisons."""
