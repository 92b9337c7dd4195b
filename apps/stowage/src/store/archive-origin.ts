import type { ArchiveForm } from "@stowage/archive";
import type { ImageSource } from "@stowage/image-service";

/** Where an archive of this form is, as policies name it; what comes on standard input is nowhere. */
export function originOf(form: ArchiveForm, path: string | undefined): NonNullable<ImageSource["origin"]> {
  return { transport: form === "oci-layout" ? "oci" : form, path };
}
