"""Forms of django-allauth, adapted to this site."""

from typing import Any

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):
    """Sign-in form whose one field takes the user name or the e-mail address, and says so to password managers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = "User name or e-mail address"
        login.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        del login.widget.attrs["placeholder"]
