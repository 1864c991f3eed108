"""The domain's stores on SQLAlchemy Core, one module each; the same code on both databases."""

from antin.infra.stores.all import SqlStores

__all__ = ["SqlStores"]
