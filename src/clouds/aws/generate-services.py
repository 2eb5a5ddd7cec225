"""Writes service-ids.data.ts: the service ids of all services of AWS, taken from botocore's service models.

    python3 src/clouds/aws/generate-services.py && npx biome format --write src/clouds/aws

botocore is Apache-2.0 (https://github.com/boto/botocore). Everything else follows from the id (services.ts).
"""

from pathlib import Path

import botocore
import botocore.loaders

HEAD = """/**
 * The service ids of AWS, by which its SDKs name everything of a service. From botocore {version} (Apache-2.0), by
 * generate-services.py.
 */
export const SERVICE_IDS: readonly string[] = [
"""


def main():
    loader = botocore.loaders.Loader()
    models = (loader.load_service_model(name, "service-2") for name in loader.list_available_services("service-2"))
    ids = sorted({model["metadata"]["serviceId"] for model in models}, key=str.lower)
    text = HEAD.format(version=botocore.__version__) + "".join(f"  '{one}',\n" for one in ids) + "];\n"
    Path(__file__).with_name("service-ids.data.ts").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
