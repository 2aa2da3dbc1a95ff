"""How the database is reached: as the owner of the schema, and as the role the application runs as."""

from dataclasses import dataclass
from urllib.parse import quote

from app.embedded.home import Home
from app.settings import Settings

DATABASE = "holdpoint"
SUPERUSER = "postgres"
OWNER_ROLE = "holdpoint_owner"
APP_ROLE = "holdpoint_app"


@dataclass(frozen=True)
class EmbeddedUrls:
    """Connection URLs. They may hold a password: never log them."""

    owner: str
    app: str


def database_urls(settings: Settings) -> EmbeddedUrls:
    """The URLs of this installation's database, embedded or external. Starts nothing."""
    if settings.database_url is not None:
        owner = settings.database_url.get_secret_value()
        app = settings.app_database_url.get_secret_value() if settings.app_database_url is not None else owner
        return EmbeddedUrls(owner=owner, app=app)
    home = Home(settings.home)
    return EmbeddedUrls(owner=socket_url(home, OWNER_ROLE), app=socket_url(home, APP_ROLE))


def socket_url(home: Home, role: str, database: str = DATABASE) -> str:
    """URL of the embedded server. The port is spelled out, since libpq would otherwise take PGPORT."""
    return f"postgresql://{role}@/{database}?host={quote(str(home.sockets), safe='')}&port=5432"
