"""The programs: prepare data, train, sample; and those that look after the course itself."""
