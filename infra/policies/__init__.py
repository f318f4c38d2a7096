"""Policy checks that every synth runs, and what is acknowledged of their findings."""
