"""The steps of an HTTP request that schema/application.py puts together."""
