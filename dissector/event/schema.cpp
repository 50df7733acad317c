// The JSON Schema of the event stream (draft 2020-12), from the field tables that write the events.
#include "event/json.hpp"
#include "event/registry.hpp"
#include "event/schema_fields.hpp"

namespace weir::event {

schema_json shared_definitions() {
    const schema_json value_ref{{"$ref", "#/$defs/value"}};
    return {
        {"wire",
         {{"description", "bytes of the wire: a string where they are valid UTF-8, else base64"},
          {"anyOf",
           {{{"type", "string"}},
            {{"type", "object"},
             {"properties", {{"base64", {{"type", "string"}, {"contentEncoding", "base64"}}}}},
             {"required", {"base64"}},
             {"additionalProperties", false}}}}}},
        {"value",
         {{"description", "a value shaped by the wire, bytes of the wire among them; nested at most 8 deep, "
                          "{\"truncated\":true} stands for what is deeper"},
          {"anyOf",
           {{{"type", {"null", "boolean", "number", "string"}}},
            {{"type", "array"}, {"items", value_ref}},
            {{"type", "object"}, {"additionalProperties", value_ref}}}}}},
    };
}

std::string json_schema() {
    schema_json defs = shared_definitions(), any = schema_json::array();
    registry::for_each([&]<class E>() {
        defs[std::string(E::name)] = event_schema<E>();
        any.push_back({{"$ref", "#/$defs/" + std::string(E::name)}});
    });
    const schema_json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", "Weir event"},
                             {"description", "One line of Weir's output."},
                             {"oneOf", any},
                             {"$defs", defs}};
    return schema.dump(2) + "\n";
}

} // namespace weir::event
