"""The products of a CSAF document: what its product ids stand for (CSAF 2.0, section 3.2.2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from detente.queue import purl
from detente.queue.fields import at, many, parts, text

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Product:
    """One product. `version` may be a range, as its own text, which no installed version equals.

    `asset` is the product it is a component of, or itself when it is an image or a repository (`is_asset`).
    """

    name: str = ""
    version: str = ""
    purl: str = ""
    asset: str = ""
    is_asset: bool = False

    def title(self) -> str:
        """The name as its ecosystem's tools write it."""
        return purl.parsed(self.purl).name or self.name


@dataclass(frozen=True, slots=True)
class Tree:
    """All products and groups of products by their ids."""

    products: dict[str, Product] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)

    def product(self, key: str) -> Product:
        """The product of an id; one the tree does not define is named by its id."""
        return self.products.get(key) or Product(key)

    def about(self, entry: Json, product: str) -> bool:
        """Whether a flag, threat or remediation is about a product: it names it, or a group with it, or nothing at all."""
        keys = set(map(str, many(entry.get("product_ids"))))
        for group in many(entry.get("group_ids")):
            keys.update(self.groups.get(str(group), ()))
        return product in keys or not keys


def tree(document: Json) -> Tree:
    """The product tree of a document. Relationships make a component of one product a product of its own."""
    found = document.get("product_tree")
    products = dict(_branches(parts(found, "branches"), {}))
    products.update(_product(entry, {}) for entry in parts(found, "full_product_names"))
    for relation in parts(found, "relationships"):
        key, named = _product(relation.get("full_product_name"), {})
        part = products.get(str(relation.get("product_reference")), named)
        platform = str(relation.get("relates_to_product_reference"))
        whole = products.get(platform, Product(platform))
        asset = whole.asset or f"project:{whole.title()}"
        products[key] = replace(part, purl=named.purl or part.purl, asset=asset, is_asset=False)
    groups = {
        str(group.get("group_id")): [str(key) for key in many(group.get("product_ids"))]
        for group in parts(found, "product_groups")
    }
    return Tree(products, groups)


def _branches(branches: Iterable[Json], trail: Mapping[str, str]) -> Iterator[tuple[str, Product]]:
    for branch in branches:
        here = {**trail, str(branch.get("category")): str(branch.get("name"))}
        if branch.get("product"):
            yield _product(branch["product"], here)
        yield from _branches(parts(branch, "branches"), here)


def _product(entry: Any, trail: Mapping[str, str]) -> tuple[str, Product]:
    helper = at(entry, "product_identification_helper")
    package = text(at(helper, "purl")) or text(next(iter(many(at(helper, "purls"))), ""))
    told = trail.get("product_version") or trail.get("product_version_range") or ""
    name = trail.get("product_name") or text(at(entry, "name"))
    asset = purl.asset(package)
    found = Product(name, purl.parsed(package).version or told, package, asset, bool(asset))
    return str(at(entry, "product_id")), found
