"""What a school is handed: bundles that install without the internet; `make dist` builds them."""
