"""What is in a bundle, for those who must account for it: a CycloneDX document and a list of licences."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from deploy.wheels import Wheel

SCHEMA = SchemaVersion.V1_6


def sbom(wheels: Sequence[Wheel], product: str, target: str, epoch_seconds: int) -> str:
    """The bill of materials as JSON, checked against its schema; the same wheels and moment give the same bytes.

    Raises:
        ValueError: it would not be valid.
    """
    by_file = sorted(wheels, key=lambda wheel: wheel.file)
    components = {wheel.file: _component(wheel, is_product=wheel.name == product) for wheel in by_file}
    (root,) = (components[wheel.file] for wheel in by_file if wheel.name == product)
    others = [component for component in components.values() if component is not root]
    bom = Bom(
        components=others,
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, " ".join([target, *(wheel.sha256 for wheel in by_file)])),
    )
    bom.metadata.timestamp = datetime.fromtimestamp(epoch_seconds, UTC)
    bom.metadata.component = root
    by_name = {wheel.name: components[wheel.file] for wheel in by_file}
    for wheel in by_file:
        wanted = {
            by_name[each.name.replace("_", "-").lower()] for each in wheel.requires if _shipped(each.name, by_name)
        }
        bom.register_dependency(components[wheel.file], sorted(wanted, key=lambda each: str(each.bom_ref)))
    text = make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string(indent=2)
    if fault := JsonStrictValidator(SCHEMA).validate_str(text):
        raise ValueError(f"The bill of materials is not valid: {fault}")
    return f"{text}\n"


def licence_list(wheels: Sequence[Wheel]) -> str:
    """One line for each wheel's project: name, version, licence as its makers state it."""
    lines = sorted({f"{wheel.name:<28}{wheel.version:<18}{wheel.licence}" for wheel in wheels})
    head = "The licences of what is in wheels/, as each project states it. Their texts are inside the wheels.\n\n"
    return head + "\n".join(lines) + "\n"


def _shipped(name: str, by_name: dict[str, Component]) -> bool:
    return name.replace("_", "-").lower() in by_name


def _component(wheel: Wheel, *, is_product: bool) -> Component:
    purl = PackageURL("pypi", None, wheel.name, wheel.version, {"file_name": wheel.file})
    return Component(
        type=ComponentType.APPLICATION if is_product else ComponentType.LIBRARY,
        name=wheel.name,
        version=wheel.version,
        description=wheel.summary or None,
        bom_ref=str(purl),
        purl=purl,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=wheel.sha256)],
        licenses=[LicenseFactory().make_from_string(wheel.licence)],
    )
