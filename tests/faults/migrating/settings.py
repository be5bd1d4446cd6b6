"""Settings of the deployment, with one more app to migrate."""

from config import settings as deployed

globals().update({name: value for name, value in vars(deployed).items() if name.isupper()})
INSTALLED_APPS = [*deployed.INSTALLED_APPS, "tests.faults.migrating"]
