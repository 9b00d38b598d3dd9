export default function View() {
  return <h1>bulk</h1>;
}
