# Thin on purpose: scripts/course.py does the work. Written for GNU make 3.81 and later, so also for a Mac's own.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null \
	&& echo $$python && break; done)
COURSE = @$(or $(PYTHON),$(error No Python 3.11 to 3.13 with its venv module was found. Install one, \
	or name it: make course PYTHON=/path/to/python3.11)) -m scripts.course

.PHONY: help course test book mistakes bench speedrun speedrun-cpu clean

help:
	@echo 'make course     set up, build the book, open JupyterLab on the first lab (OPEN=0: no browser)'
	@echo 'make test       set up, then everything that must pass'
	@echo 'make book       build the book and check its links'
	@echo 'make mistakes   the table of known mistakes: rejected, named, correct variants accepted'
	@echo 'make bench      how long grading takes'
	@echo 'make speedrun   tokenizer, pretraining, evaluation, samples, report card; PRESET=t4, a100, h100x8 on GPUs'
	@echo 'make speedrun-cpu TEXT=tinyshakespeare.txt    a language model in a CPU-second; see the book'
	@echo 'make clean      remove what was built; .venv and your work stay'

course:
	$(COURSE) course $(if $(filter 0,$(OPEN)),--no-browser)

speedrun:
	$(COURSE) $@ $(if $(PRESET),--preset '$(PRESET)')

speedrun-cpu:
	$(COURSE) $@ $(if $(TEXT),--text-path '$(TEXT)')

test book mistakes bench clean:
	$(COURSE) $@
