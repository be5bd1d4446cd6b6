"""Response paths of input values that were refused before execution."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    ListValueNode,
    Node,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
)


class InputError(GraphQLError):
    """Error about a value that was refused before execution; it has a path all the same."""


def with_path(error: GraphQLError, document: DocumentNode) -> GraphQLError:
    """Return the error with the path of the first field that takes the faulty value or variable.

    The path has no list indexes, because nothing is executed. Any other error is returned unchanged.
    """
    if error.path is not None or not error.nodes:
        return error
    fault = error.nodes[0]
    path = next((path for path, field in _fields(document, fault) if _takes(field, fault)), None)
    if path is None:
        return error
    return InputError(
        error.message, error.nodes, path=path, original_error=error, extensions=error.extensions
    )


def _fields(document: DocumentNode, fault: Node) -> Iterator[tuple[list[str | int], FieldNode]]:
    """Yield every field of the operations that can have the fault, with its path; each fragment is visited once."""
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    level: list[tuple[list[str | int], Node]] = [
        ([], each)
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (
            not isinstance(fault, VariableDefinitionNode)
            or any(declared is fault for declared in each.variable_definitions or ())
        )
    ]
    while level:
        path, parent = level.pop()
        if isinstance(parent, FragmentSpreadNode):
            parent = fragments.pop(parent.name.value, parent)
        elif isinstance(parent, FieldNode):
            path = [*path, (parent.alias or parent.name).value]
            yield path, parent
        if selections := getattr(parent, "selection_set", None):
            level.extend((path, each) for each in reversed(selections.selections))


def _takes(field: FieldNode, fault: Node) -> bool:
    """Tell if the faulty node is among the field's arguments: itself, or as the variable that it defines."""
    declared = fault.variable.name.value if isinstance(fault, VariableDefinitionNode) else None
    values: list[Node] = [argument.value for argument in field.arguments or ()]
    while values:
        value = values.pop()
        if value is fault:
            return True
        if isinstance(value, ListValueNode):
            values.extend(value.values)
        elif isinstance(value, ObjectValueNode):
            values.extend(value.fields)
        elif isinstance(value, ObjectFieldNode):
            values.append(value.value)
        elif isinstance(value, VariableNode) and value.name.value == declared:
            return True
    return False
