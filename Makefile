# Only forwards: the scripts do the work, also where there is no make.
.PHONY: demo test check bench lock
demo test check bench lock:
	@scripts/$@
